// Generated from schemas/ecosystem.schema.json by schemas/generate.js. Do not edit.

/**
 * Environment variables, over those of the supervisor. A value is passed on as it is written: `3.10` stays `3.10`.
 */
export type Env = {
  [k: string]: string | number | boolean | null;
} | null;
/**
 * When log files are rotated, always between two lines: `out.log` becomes `out.log.20260131T180000000Z.gz`. `false` leaves them to a rotator of yours, which sends SIGUSR2 to the supervisor or calls `logs --reopen`.
 */
export type LogRotation =
  | {
      /**
       * A file that would grow larger is rotated: bytes, or with `K`, `M` or `G`.
       */
      max_size?: number | string;
      /**
       * A file older than this is rotated before the next line. Default: at any age.
       */
      max_age?: number | string;
      /**
       * How many rotated files are kept of each log file.
       */
      keep?: number;
      /**
       * Compress rotated files with gzip.
       */
      compress?: boolean;
    }
  | boolean;

/**
 * One app: a program and how many workers of it run.
 */
export interface App {
  /**
   * What the app is called in every table, log line and command. Unique in the file. Without it: the file name of `script` without its extension.
   */
  name?: number | string;
  /**
   * Another app whose settings this one takes over, except its name; its own win, and `env`, `env_<name>`, `rollout` and the like are merged key by key. The name of an app of this file, or `{ file, app }`.
   */
  extends?:
    | string
    | {
        /**
         * The other file, relative to this one.
         */
        file: string;
        /**
         * The name of the app in it; its only app without this.
         */
        app?: string;
      };
  /**
   * The program: a JavaScript or TypeScript file, any other file, a command found in a `node_modules/.bin` from `cwd` upwards or in `PATH`, or (with spaces, and no such file) a line for the shell, which finds the same commands. Relative to `cwd`, or to your home with `~/`, as all paths of an app. A folder is resolved as Node resolves it: `main` of its package.json, then `index.js`.
   */
  script?: string;
  /**
   * Arguments of the script. A string is split as a shell would split it, with quotes; nothing in it is expanded.
   */
  args?: (string | number | boolean)[] | string | number | boolean;
  /**
   * Working directory, relative to the folder of the ecosystem file; with `source`, to the folder of the release.
   */
  cwd?: string;
  source?: Source;
  /**
   * The program that runs `script`; `none` runs it directly. Without it the script's extension decides (`.js`, `.mjs`, `.cjs`, `.ts`, `.mts`, `.cts`: node; `.py`: python3; `.sh`: bash; `.rb`, `.php`, `.pl` likewise), and options of Node in its first line (`#!/usr/bin/env -S node --enable-source-maps`) count. A name is looked for in each `node_modules/.bin` from `cwd` upwards, then in `PATH`. Anything but Node runs in fork mode. The path of another Node works in both modes; `node` is the one that runs cluster-up.
   */
  interpreter?: string;
  /**
   * Options for the interpreter, placed before the script. In cluster mode, `--inspect=9300` gives each worker the next free port from 9300 on, and `--watch` is left out: write `watch`.
   */
  node_args?: (string | number)[] | string;
  /**
   * Sets `env.PORT`, unless `env` sets it, and tells `ready: auto` that the app listens.
   */
  port?: number | string;
  env?: Env;
  /**
   * A file of `NAME=value` lines, or a list of such files (later ones win), relative to `cwd`. `env` and `env_<name>` win over it.
   */
  env_file?: string[] | string;
  /**
   * What differs under `--env <name>`. A mapping from name to settings that are merged over those of the app (`false`: the app is left out under that name); or a list of names, and the app runs only under one of them.
   */
  profiles?:
    | string[]
    | {
        [k: string]: {} | boolean;
      };
  /**
   * The variable that holds the number of the instance, 0 to n-1.
   */
  instance_var?: string;
  /**
   * A variable of `env` that is raised by the number of the instance: with `PORT: 3000` the workers get 3000, 3001, 3002.
   */
  increment_var?: string;
  /**
   * Keep variables of the supervisor's environment from the app: all (`true`), the one of this name (a text), or those whose name contains one of the texts (a list). What the file sets is never left out.
   */
  filter_env?: boolean | string[] | string;
  /**
   * How many workers. `max` and `0` are one per core, `-1` is one less than there are cores (never below 1).
   */
  instances?: number | string;
  /**
   * `cluster`: workers of node:cluster that share their sockets. `fork`: any program, started on its own. Without it: `cluster` where `instances` is given and Node runs the script, else `fork`.
   */
  exec_mode?: 'cluster' | 'fork' | 'cluster_mode' | 'fork_mode';
  /**
   * Who takes the next connection in cluster mode. `shared`: whichever worker is idle. `least-connections`: the same, but a worker that has clearly more open connections than others leaves new ones to them. `kernel`: the kernel spreads them by address and port (SO_REUSEPORT). `round-robin`: the supervisor hands them out in turn. `sticky`: the supervisor hands all connections of one client address to the same slot (for Socket.IO with long polling). `auto` is `least-connections`.
   */
  balance?: 'auto' | 'shared' | 'least-connections' | 'kernel' | 'round-robin' | 'sticky';
  rollout?: Rollout;
  /**
   * What makes a worker ready. `auto`: listening where the app is expected to listen, by itself or (on Linux) through a process or thread that it started, else being alive for `min_uptime`. `listening`: it listens. `message`: it sent `process.send('ready')`. `started`: it is alive for `min_uptime`. `{ http: /path }`: it listens, and that path answers with a status from 200 to 399; it gets no connections before that (cluster mode).
   */
  ready?:
    | string
    | {
        /**
         * A path that must answer with a status from 200 to 399.
         */
        http: string;
      };
  /**
   * `true` is `ready: message`.
   */
  wait_ready?: boolean;
  /**
   * How long one worker may take to become ready. A timeout is a failure. Without it: `rollout.deadline`.
   */
  listen_timeout?: number | string;
  health_check?: HealthCheck;
  /**
   * A worker whose event loop is blocked for longer is replaced. Without it, or with 0: never. Cluster mode only.
   */
  event_loop_timeout?: number | string;
  /**
   * Replace a worker that exited on its own.
   */
  autorestart?: boolean;
  /**
   * With one of these exit codes a worker is done and is not replaced.
   */
  stop_exit_codes?: number[] | number | string;
  /**
   * A worker that exits sooner had an unstable start.
   */
  min_uptime?: number | string;
  /**
   * After this many unstable exits within a window a worker is given up until the file changes. The window has room for twice as many starts, each with its longest wait, its longest boot and `min_uptime`, so no delay and no slow boot keeps it from being reached. Without it an app is tried for ever, at most 30 s apart.
   */
  max_restarts?: number | string;
  /**
   * A fixed wait before each replacement of a worker that exited.
   */
  restart_delay?: number | string;
  /**
   * First step of the wait between unstable exits: the first restart is immediate, the second waits this long, and it doubles up to 30 s. Each wait is cut by up to a quarter, so that workers that failed together do not come back together. A run of `min_uptime` begins anew.
   */
  exp_backoff_restart_delay?: number | string;
  /**
   * `false`: the app is known, but stopped until `cluster-up start`.
   */
  autostart?: boolean;
  /**
   * Replace a worker that uses more memory, with all processes it started: bytes, or with `K`, `M` or `G`. Read every 3 seconds, on Linux.
   */
  max_memory_restart?: number | string;
  /**
   * How long requests in flight may take before the worker is told to stop.
   */
  drain_timeout?: number | string;
  /**
   * The signal that asks a worker to stop.
   */
  kill_signal?:
    | 'SIGINT'
    | 'SIGTERM'
    | 'SIGQUIT'
    | 'SIGHUP'
    | 'SIGUSR1'
    | 'SIGUSR2'
    | 'SIGABRT'
    | 'SIGALRM'
    | 'SIGWINCH'
    | 'SIGCONT'
    | 'SIGKILL';
  /**
   * From the signal to SIGKILL.
   */
  kill_timeout?: number | string;
  /**
   * Send the message `shutdown` over IPC instead of the signal.
   */
  shutdown_with_message?: boolean;
  /**
   * Write standard output to this file, relative to `cwd`; its folders are created. With several instances and without `merge_logs`, each has its own: `out-0.log`, `out-1.log`. `NULL` and `/dev/null` are none.
   */
  out_file?: string;
  /**
   * Write standard error to this file, named as with `out_file`.
   */
  error_file?: string;
  /**
   * Write both to this file, named as with `out_file`. `true` is `./logs/<name>.log`.
   */
  log_file?: boolean | string;
  /**
   * One log file for all instances instead of one for each.
   */
  merge_logs?: boolean;
  /**
   * Write no log file, and keep no lines for `logs` but the new ones that `logs -f` follows.
   */
  disable_logs?: boolean;
  /**
   * `json` writes one JSON object per line, with PM2's keys and `slot`.
   */
  log_type?: string;
  /**
   * Put the time before each line, in this format: `YYYY`, `MM`, `DD`, `HH`, `mm`, `ss`, `SSS`, `Z` and the other tokens of Day.js; `[text]` is itself.
   */
  log_date_format?: string | boolean;
  /**
   * Put the time before each line, as `YYYY-MM-DDTHH:mm:ss` unless `log_date_format` says otherwise.
   */
  time?: boolean;
  log_rotation?: LogRotation;
  /**
   * Roll the app when its files change: all below `cwd` (`true`) or these paths and patterns (`src/** /*.js`). Never `node_modules`, names that begin with a dot, logs (`*.log`), `*~`, `*.pid`, `*.tmp`, databases (`*.db`, `*.sqlite`), the ecosystem file, and `logs`, `log`, `uploads` and `tmp` right below `cwd`.
   */
  watch?: boolean | string[] | string;
  /**
   * Paths and patterns that are no code: `watch` leaves them out, and changes of them are never told or rolled. Relative to `cwd`; a name without `/` is left out wherever it is.
   */
  ignore_watch?: string[] | string;
  /**
   * How long files must be quiet before `watch` acts, at least 100 ms; files that never are have 30 seconds.
   */
  watch_delay?: number | string;
  /**
   * How changes are noticed. `usePolling: true` looks at the files every `interval` milliseconds, where the system tells of no changes, as on network folders. Chokidar's other options have no effect.
   */
  watch_options?: {
    /**
     * Look at the files again and again.
     */
    usePolling?: boolean;
    /**
     * How often, in milliseconds.
     */
    interval?: number;
  };
  /**
   * Roll the app on this schedule, a cron line of 5 or 6 fields; `0` is none. A time that comes while the app is still rolling is skipped.
   */
  cron_restart?: number | string;
  /**
   * The time zone of `cron_restart`. Without it: that of the supervisor.
   */
  cron_timezone?: string;
  /**
   * Run as this user, which takes a supervisor that runs as root. Without `gid` with its primary group; HOME, USER and LOGNAME are set to its own unless `env` sets them. Supplementary groups are dropped. Log files are written, and ports are bound, by the supervisor.
   */
  uid?: number | string;
  /**
   * Run as this group. Supplementary groups are dropped.
   */
  gid?: number | string;
  /**
   * Apps that are waited for before this one starts, and that stop after it: names (`ready`), or each name with `started`, `ready` or `completed` (a job that exited with success).
   */
  depends_on?:
    | string[]
    | string
    | {
        [k: string]: 'started' | 'ready' | 'completed';
      };
  /**
   * The address of this schema, for editors.
   */
  $schema?: string;
}
/**
 * Where the app's code comes from: exactly one of `git`, `archive` and `folder`. It is fetched and built once per release, in a folder of its own, before any worker is touched; apps with the same source share it. `cwd` is then relative to the release and stays in it, log files are relative to the folder of the ecosystem file.
 */
export interface Source {
  /**
   * Address of a git repository: `https:`, `ssh:`, `file:`, `git@host:shop.git`, or a path, relative to the folder of the ecosystem file. It is read by the `git` of this machine, with its credentials, and never asks for any. Submodules are not fetched, and files in Git LFS stay pointers.
   */
  git?: string;
  /**
   * A `tar` or `tgz` file: a path, relative to the folder of the ecosystem file, or an `https:` address. Nothing is stripped from the names in it; `cwd` names the folder that is meant.
   */
  archive?: string;
  /**
   * A folder that is copied with all that is in it but `.git`, relative to the folder of the ecosystem file. Another content is another release.
   */
  folder?: string;
  /**
   * What `sha256sum` says of the `archive`, which has to have it.
   */
  sha256?: string;
  /**
   * Branch, tag or commit of the repository. What is both a branch and a tag is written `refs/heads/NAME` or `refs/tags/NAME`. Without it: the branch that the repository calls its own.
   */
  ref?: string | number;
  /**
   * Lines for the shell that make the release ready to run, in its folder, one after the other, once per release: as the app's user, with its environment, and with nobody to ask.
   */
  build?: string | string[];
  /**
   * How long all of `build` may take together.
   */
  build_timeout?: number | string;
  /**
   * Follow `ref`: ask the repository so often whether it has moved, at least 1 s apart. Without it, or with `0`, it is asked when the file changes, and by `up`.
   */
  poll?: number | string;
  /**
   * How many releases are kept. One that runs, or that a rollback would need, is never removed.
   */
  keep?: number;
}
/**
 * How a new revision takes over from the old one.
 */
export interface Rollout {
  /**
   * Workers allowed above `instances` while rolling. A share is rounded up. Default: 1 in cluster mode, 0 in fork mode, where the old process may hold the port.
   */
  max_surge?: number | string;
  /**
   * Workers that may be missing below `instances` while rolling. A share is rounded down. Never 0 together with `max_surge`. Default: 0 in cluster mode, 1 in fork mode.
   */
  max_unavailable?: number | string;
  /**
   * How long a new worker must have been ready before it counts.
   */
  min_ready?: number | string;
  /**
   * How long a rollout may go without progress before it has failed.
   */
  deadline?: number | string;
  /**
   * `rollback`: return to the last stable revision. `pause`: leave what runs as it is until the next edit.
   */
  on_failure?: 'rollback' | 'pause';
  /**
   * Slots, from 0, that get a new revision first; a share is rounded up. Once all of them are available, the others wait for `canary_pause`. A canary that exits or has to be replaced meanwhile fails the rollout at once. The first start, `restart` and `rollback` have no canary.
   */
  canary?: number | string;
  /**
   * How long the canaries must have been available before the others follow. The `deadline` does not run meanwhile. An edit of it takes effect at once: `0` goes on.
   */
  canary_pause?: number | string;
}
/**
 * Probes each worker and replaces those that fail, one after the other, within what `rollout` allows. Cluster mode only.
 */
export interface HealthCheck {
  /**
   * A path that must answer with a status from 200 to 399, asked of each worker by itself.
   */
  http?: string;
  /**
   * Time between two probes of a worker; at least 100 ms.
   */
  interval?: number | string;
  /**
   * How long one probe may take.
   */
  timeout?: number | string;
  /**
   * After so many failed probes in a row a worker is replaced.
   */
  failures?: number | string;
}
