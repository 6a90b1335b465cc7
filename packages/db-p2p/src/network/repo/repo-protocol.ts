/** The protocol on which a repository is served. Its version is raised when what is below can no longer be understood. */
export const REPO_PROTOCOL = '/blockstrata/repo/1.0.0';
