/** What a command has of the world besides the disk; tests pass their own. */
export interface InputOutput {
  /** Folder that relative paths on the command line start from. */
  readonly cwd: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether somebody watches standard error. */
  readonly isTerminal: boolean;
  readonly now: () => Date;
}
