/** What must hold does not. */
export class Violation extends Error {}
