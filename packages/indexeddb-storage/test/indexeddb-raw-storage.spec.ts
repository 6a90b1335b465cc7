import 'fake-indexeddb/auto';
import { storageSuite } from './suites/storage-suite.js';

storageSuite();
