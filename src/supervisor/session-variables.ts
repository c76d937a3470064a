/**
 * Variables that say who sits where, and nothing about the program: two shells of one person differ in them, so they are
 * not compared, cause nothing, and stay as the supervisor has them. Whole names wherever an app could have one that
 * begins the same: SSH_PRIVATE_KEY, LISTEN_ADDRESS and PROMPT_TEMPLATE are no sessions.
 */

/** By kind; a `*` at the end stands for any rest. */
const SESSION = [
  // Where the shell is, and how deep.
  ...['PWD', 'OLDPWD', 'SHLVL', '_'],
  // The terminal: what it is, its size and colours, and which window or pane it is.
  ...['TERM', 'TERM_PROGRAM*', 'TERM_SESSION_ID', 'TERM_FEATURES', 'TERMCAP', 'TERMINFO*', 'COLORTERM'],
  ...['COLORFGBG', 'LINES', 'COLUMNS', 'TTY', 'GPG_TTY', 'FORCE_COLOR', 'NO_COLOR', 'CLICOLOR*', 'WINDOWID'],
  ...[
    'TMUX*',
    'STY',
    'WINDOW',
    'ZELLIJ*',
    'WT_*',
    'VTE_*',
    'ITERM_*',
    'LC_TERMINAL*',
    'KITTY_*',
    'ALACRITTY_*',
  ],
  ...['WEZTERM_*', 'GHOSTTY_*', 'KONSOLE_*', 'GNOME_TERMINAL_*', 'WSL_INTEROP'],
  // The editor that has a terminal in it.
  ...['VSCODE_*', 'TERMINAL_EMULATOR', 'INSIDE_EMACS', 'NVIM', 'NVIM_*', 'VIM', 'VIMRUNTIME', 'ZED_TERM'],
  // How the person came in, and as whom.
  ...[
    'SSH_CLIENT',
    'SSH_CONNECTION',
    'SSH_TTY',
    'SSH_AUTH_SOCK',
    'SSH_AGENT_*',
    'SSH_ASKPASS*',
    'SSH_USER_AUTH',
  ],
  ...['SSH_ORIGINAL_COMMAND', 'SUDO_*', 'DOAS_USER', 'MAIL', 'KRB5CCNAME'],
  // The desktop.
  ...[
    'DISPLAY',
    'WAYLAND_DISPLAY',
    'XAUTHORITY',
    'ICEAUTHORITY',
    'XDG_SESSION_*',
    'XDG_RUNTIME_DIR',
    'XDG_SEAT*',
  ],
  ...['XDG_VTNR', 'XDG_CURRENT_DESKTOP', 'DESKTOP_SESSION', 'DESKTOP_STARTUP_ID', 'DBUS_SESSION_BUS_ADDRESS'],
  ...['SESSION_MANAGER', 'GIO_LAUNCHED_*', 'SECURITYSESSIONID', 'XPC_*', '__CF*'],
  // What the shell shows its person, and remembers.
  ...[
    'PS1',
    'PS2',
    'PS3',
    'PS4',
    'PROMPT',
    'PROMPT_COMMAND',
    'PROMPT_DIRTRIM',
    'RPROMPT',
    'STARSHIP_*',
    'DIRENV_*',
  ],
  ...['HISTFILE', 'HISTFILESIZE', 'HISTSIZE', 'HISTCONTROL', 'HISTIGNORE', 'HISTTIMEFORMAT', 'SAVEHIST'],
  ...['LS_COLORS', 'LSCOLORS', 'LESS', 'LESSOPEN', 'LESSCLOSE', 'LESS_TERMCAP_*', 'PAGER', 'MANPATH'],
  ...['EDITOR', 'VISUAL', 'BASH_FUNC_*', 'which_declare'],
  // npm, npx, pnpm and yarn around a command.
  ...['npm_*', 'INIT_CWD', 'PROJECT_CWD', 'BERRY_BIN_FOLDER', 'PNPM_SCRIPT_SRC_DIR', 'COREPACK_ROOT'],
  // The service manager, about the one process that it has started.
  ...[
    'NOTIFY_SOCKET',
    'WATCHDOG_USEC',
    'WATCHDOG_PID',
    'LISTEN_FDS',
    'LISTEN_FDNAMES',
    'LISTEN_PID',
    'MAINPID',
  ],
  ...[
    'INVOCATION_ID',
    'JOURNAL_STREAM',
    'SYSTEMD_EXEC_PID',
    'MANAGERPID',
    'MANAGERPIDFDID',
    'MEMORY_PRESSURE_*',
  ],
  // Node about its child, and we about ours: `up` may be run by an app.
  ...['NODE_CHANNEL_*', 'NODE_UNIQUE_ID', 'NODE_APP_INSTANCE', 'CLUSTER_UP_*'],
];

const NAMES = new Set(SESSION.filter((name) => !name.endsWith('*')));
const BEGINNINGS = SESSION.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1));

export function isOfSession(name: string): boolean {
  return NAMES.has(name) || BEGINNINGS.some((beginning) => name.startsWith(beginning));
}
