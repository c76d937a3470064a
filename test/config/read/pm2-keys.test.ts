/** Every key of PM2 is known here, and docs/pm2.md says what becomes of it. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { APP_KEYS, ROOT_KEYS } from '../../../src/config/schema/keys.generated.ts';
import { canonicalKey } from '../../../src/config/read/canonical-keys.ts';

/** The keys and other spellings of PM2 7's own schema of an app, and those that its documentation adds. */
const PM2 =
  `script exec name name_prefix filter_env namespace install_url cwd args exec_interpreter interpreter node_args
interpreterArgs interpreter_args out_file out output out_log error_file error err err_file err_log log_file log
disable_logs log_type log_date_format time env max_memory_restart pid_file pid restart_delay exp_backoff_restart_delay
source_map_support disable_source_map_support wait_ready instances kill_timeout shutdown_with_message listen_timeout
cron_restart cron merge_logs combine_logs vizion autorestart watch_delay watch ignore_watch watch_options min_uptime
max_restarts execute_command exec_mode force append_env_to_name post_update trace disable_trace v8 event_loop_inspector
deep_monitoring increment_var instance_var pmx automation treekill port username uid user gid windowsHide
kill_retry_time write io stop_exit_codes autostart env_file cmd`.split(/\s+/);

const page = readFileSync(new URL('../../../docs/pm2.md', import.meta.url), 'utf8');
const rows = new Map(
  [...page.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, key = '', fate = '']) => [key, fate]),
);

describe('keys of an app', () => {
  test.each(PM2)('%s', (key) => {
    const canonical = canonicalKey(key, APP_KEYS);
    expect(canonical).not.toBeNull();
    const listed = rows.get(key) ?? rows.get(canonical ?? '');
    expect(listed).toMatch(/^(\*\*(same|better|ignored)\*\*|same as `)/);
  });
});

test.each(['apps', 'pm2', 'deploy', 'static', 'env_<name>'])('%s of the file', (key) => {
  expect(rows.get(key)).toBeDefined();
});

test('whatever is ignored is in the page, and says what to use', () => {
  for (const [key, { ignored }] of [...APP_KEYS, ...ROOT_KEYS]) {
    if (ignored !== undefined) expect(rows.get(key)).toContain(ignored);
  }
});
