/** Stands in for the class of Node's that the shared random tests fail with. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';

  constructor(options: { message: string }) {
    super(options.message);
  }
}
