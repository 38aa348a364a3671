/** Why a node cannot be executed here. It is told with all others of its file. */
export class Unsupported extends Error {}
