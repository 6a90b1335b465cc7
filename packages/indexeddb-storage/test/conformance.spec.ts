import 'fake-indexeddb/auto';
import { conformanceSuite } from './suites/conformance-suite.js';

conformanceSuite();
