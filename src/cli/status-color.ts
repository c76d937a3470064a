/** The colour of a status, of an app's and of a worker's alike. */
export const STATUS_COLOR = {
  online: 'green',
  starting: 'cyan',
  rolling: 'cyan',
  draining: 'yellow',
  stopping: 'yellow',
  degraded: 'yellow',
  backoff: 'yellow',
  errored: 'red',
  stopped: 'dim',
} as const;
