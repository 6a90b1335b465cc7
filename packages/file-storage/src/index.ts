export { FileRawStorage, type FileRawStorageOptions } from './file-raw-storage.js';
export { FileDriver, type FileDriverOptions } from './file-driver.js';
export type { FileKind, FileStatus, FileSystem, OpenFile } from './file-system/file-system.js';
export { nodeFileSystem } from './file-system/node-file-system.js';
export { isProvablyGone, type ProcessFacts, type ProcessIdentity } from './process/process-facts.js';
export { nodeProcessFacts } from './process/node-process-facts.js';
