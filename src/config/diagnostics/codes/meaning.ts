/** Values that are right alone and wrong together. */
import { app, error, warning } from './code-info.ts';
import type { CodeInfo } from './code-info.ts';

export type MeaningCode =
  | 'CU1501'
  | 'CU1502'
  | 'CU1503'
  | 'CU1504'
  | 'CU1505'
  | 'CU1506'
  | 'CU1507'
  | 'CU1508'
  | 'CU1509'
  | 'CU1510'
  | 'CU1511'
  | 'CU1512'
  | 'CU1513'
  | 'CU1514'
  | 'CU1515'
  | 'CU1516'
  | 'CU1517'
  | 'CU1518'
  | 'CU1520'
  | 'CU1521'
  | 'CU1522'
  | 'CU1523';

export const MEANING: Readonly<Record<MeaningCode, CodeInfo>> = {
  CU1501: error(
    'Two apps with one name',
    'Names tell apps apart in every command, so they are unique.',
    'apps:\n  - { name: api, script: ./server.js }\n  - { name: api, script: ./server.js }\n',
  ),
  CU1502: error(
    'A rollout that cannot move',
    'With no worker above and none below `instances`, none can be replaced. Raise one of the two.',
    app('rollout: { max_surge: 0, max_unavailable: 0 }'),
  ),
  CU1503: warning(
    'Many more instances than cores',
    'More than four workers per core mostly wait for each other.',
    app('instances: 1000'),
  ),
  CU1504: warning(
    'Cannot run in cluster mode',
    'Only Node scripts share sockets through node:cluster. The app runs in fork mode instead. npm, yarn, pnpm, tsx and the like start Node themselves, where nobody can share anything: name the script that they run, which the hint does where package.json says it.',
    'apps:\n  - { script: ./main.py, exec_mode: cluster }\n',
  ),
  CU1505: warning(
    'Two answers to when a worker is ready',
    '`ready` wins over `wait_ready`. Keep one of them.',
    app('ready: listening', 'wait_ready: true'),
  ),
  CU1506: warning(
    'Options for an interpreter that is not there',
    'The program runs directly, so nobody takes `node_args`.',
    'apps:\n  - { script: npm, args: start, node_args: --trace-warnings }\n',
  ),
  CU1507: warning(
    'A Node by its version',
    'Only a version manager knows where `node@18` is. Name another Node by its path.',
    app('exec_mode: cluster', 'interpreter: node@18'),
  ),
  CU1508: warning(
    'Two apps on one port',
    'A port belongs to one app, or to `metrics`; the second one to listen gets EADDRINUSE.',
    'apps:\n  - { name: a, script: ./server.js, port: 3000 }\n  - { name: b, script: ./server.js, port: 3000 }\n',
  ),
  CU1509: warning(
    'Memory limits above what there is',
    'The `max_memory_restart` of all workers together is more than the memory of this machine or of its cgroup, so the kernel may kill a worker before its limit is reached.',
    app('instances: 4', 'max_memory_restart: 64G'),
  ),
  CU1510: warning(
    'Timeouts that contradict each other',
    'A rollout that makes no progress for `rollout.deadline` has failed. What may rightly take longer, such as a drain, would make it fail. Probes of a worker do not overlap, so one may not take longer than `health_check.interval`.',
    app('exec_mode: cluster', 'drain_timeout: 5m', 'rollout: { max_surge: 0, deadline: 60s }'),
  ),
  CU1511: warning(
    'Restarts without a brake',
    'Backoff and `max_restarts` count exits that come sooner than `min_uptime` after the start. Where none ever does, or where a fixed delay takes the place of backoff, a setting has no effect.',
    app('min_uptime: 0'),
  ),
  CU1512: warning(
    'A schedule that never comes',
    'The cron line can be read, but no date fits it, such as the 31st of February.',
    app('cron_restart: "0 3 31 2 *"'),
  ),
  CU1513: warning(
    'A key without effect here',
    'The key only means something in another mode or together with another key.',
    app('exec_mode: fork', 'balance: kernel'),
  ),
  CU1514: warning(
    'Several fork workers on one port',
    'In fork mode each worker opens its port itself, so only the first one gets it. Use cluster mode, or `increment_var: PORT`.',
    app('exec_mode: fork', 'instances: 2', 'port: 3000'),
  ),
  CU1515: error(
    'depends_on names no app',
    'It takes the names of other apps of this file.',
    'apps:\n  - { name: api, script: ./server.js, depends_on: [bd] }\n  - { name: db, script: ./server.js }\n',
  ),
  CU1516: error(
    'Apps that wait for each other',
    '`depends_on` leads back to the app that it began with, so none of them could ever start.',
    'apps:\n  - { name: a, script: ./server.js, depends_on: [b] }\n  - { name: b, script: ./server.js, depends_on: [a] }\n',
  ),
  CU1517: error(
    'Waiting for an app that never completes',
    '`completed` waits until an app has ended with success, and this one is started again whenever it exits.',
    'apps:\n  - { name: api, script: ./server.js, depends_on: { migrate: completed } }\n  - { name: migrate, script: ./server.js }\n',
  ),
  CU1518: error(
    'A name that means every app',
    '`reload all`, `stop all` and the like mean every app of the file, so an app of that name could not be meant.',
    'apps:\n  - { name: all, script: ./server.js }\n',
  ),
  CU1520: warning(
    'A canary of all workers',
    'The canaries are as many as the workers, so all of them are replaced before the pause. The pause still comes before the revision is stable, and a crash within it goes back.',
    app('instances: 2', 'rollout: { canary: 2, canary_pause: 1m }'),
  ),
  CU1521: error(
    'An option with which Node does not run the script',
    'With `--eval`, `--print`, `--check`, `--test`, `--run`, `--version` and the like, in `node_args` or in the first line of the script, Node does something else. In fork mode this is a warning.',
    app('exec_mode: cluster', 'node_args: --test'),
  ),
  CU1522: warning(
    'An option of Node that does not go with a worker',
    '`--watch` starts the script in a process of its own, which is no worker of a cluster; it is left out in cluster mode. `--inspect-brk` and `--inspect-wait` keep a worker from being ready until a debugger has come.',
    app('exec_mode: cluster', 'node_args: --watch'),
  ),
  CU1523: warning(
    'A port that there is not',
    'Ports end at 65535. With `increment_var: PORT` each worker adds its number to the port, so the last one counts.',
    app('env: { PORT: 99999 }'),
  ),
};
