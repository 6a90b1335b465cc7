import { conformanceSuite } from '../../suites/conformance-suite.js';

conformanceSuite();
