export { ConformanceError } from './assertions.js';
export {
  conformance,
  CONFORMANCE_CASE_COUNT,
  type ConformanceFaults,
  type ConformanceOptions,
  type ConformanceSupports,
} from './suite.js';
