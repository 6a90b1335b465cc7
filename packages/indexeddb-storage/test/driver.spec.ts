import 'fake-indexeddb/auto';
import { interruptionsSuite } from './suites/interruptions-suite.js';
import { ownershipSuite } from './suites/ownership-suite.js';
import { recordsSuite } from './suites/records-suite.js';

recordsSuite();
ownershipSuite();
interruptionsSuite();
