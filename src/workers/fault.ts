/**
 * Faults that tests inject, to show that what they assert can fail. Only the environment of the supervisor itself
 * can name one; nothing in an ecosystem file reaches it.
 */

/** `CLUSTER_UP_FAULT=no-drain`: a worker that has to go is signalled at once, with all it is answering. */
export const DRAIN_IS_OFF: boolean = process.env['CLUSTER_UP_FAULT'] === 'no-drain';
