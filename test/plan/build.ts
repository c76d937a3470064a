/** Specs with quiet defaults, so that a test names only what it is about. */
import type { LogSpec } from '../../src/model/logging.ts';
import type {
  AppSpec,
  Desired,
  ProcessSpec,
  RestartSpec,
  RolloutSpec,
  StopSpec,
} from '../../src/model/spec.ts';

export interface AppOptions extends Partial<
  Omit<AppSpec, 'process' | 'rollout' | 'stop' | 'restart' | 'logs'>
> {
  process?: Partial<ProcessSpec>;
  rollout?: Partial<RolloutSpec>;
  stop?: Partial<StopSpec>;
  restart?: Partial<RestartSpec>;
  logs?: Partial<LogSpec>;
}

/** One app called `web` of revision `a` that listens; a revision other than `a` has `env.VERSION` on line 8. */
export function spec(options: AppOptions = {}): AppSpec {
  const revision = options.revision ?? 'a';
  return {
    name: 'web',
    revision,
    instances: 2,
    autostart: true,
    ready: 'auto',
    namesPort: true,
    listenTimeout: null,
    dependsOn: [],
    triggers: { maxMemory: null, health: null, loopTimeout: null, cron: null, watch: null },
    lines: { instances: 4, 'env.VERSION': 8 },
    ...options,
    process: { ...PROCESS, env: { VERSION: revision }, ...options.process },
    rollout: {
      maxSurge: 1,
      maxUnavailable: 0,
      minReady: 0,
      deadline: 60_000,
      onFailure: 'rollback',
      canary: 0,
      canaryPause: 0,
      ...options.rollout,
    },
    stop: { drainTimeout: 10_000, killTimeout: 1_600, killSignal: 'SIGINT', message: false, ...options.stop },
    restart: {
      auto: true,
      stopExitCodes: [],
      minUptime: 1_000,
      maxRestarts: null,
      delay: 0,
      backoff: 100,
      ...options.restart,
    },
    logs: { ...LOGS, ...options.logs },
  };
}

/** An ecosystem of these apps; its generation is its content. */
export function desire(...apps: AppSpec[]): Desired {
  return { file: '/srv/ecosystem.yml', generation: JSON.stringify(apps), apps, orphanTimeout: 0 };
}

const PROCESS: ProcessSpec = {
  mode: 'cluster',
  script: '/srv/server.js',
  args: [],
  cwd: '/srv',
  env: {},
  interpreter: 'node',
  interpreterArgs: [],
  shell: false,
  instanceVar: 'NODE_APP_INSTANCE',
  incrementVar: null,
  balance: 'auto',
  user: null,
  filterEnv: [],
};

const LOGS: LogSpec = {
  out: null,
  err: null,
  all: null,
  merge: false,
  json: false,
  dateFormat: null,
  rotation: null,
  disabled: false,
};
