/** Which of the files of tests that run side by side this one is, from 1. */
export const slot = Number(process.env['VITEST_POOL_ID'] ?? 1);
