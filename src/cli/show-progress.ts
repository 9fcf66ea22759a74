/** How far the replicates are: a bar on a terminal, a line now and then with --verbose, else nothing. Always on standard error. */
import type { InputOutput } from "./input-output.js";

export interface ReplicateProgress {
  readonly update: (done: number, of: number) => void;
  /** Takes the bar away. */
  readonly stop: () => void;
}

const silent: ReplicateProgress = { update: () => {}, stop: () => {} };

export async function showProgress(io: InputOutput, verbose: boolean): Promise<ReplicateProgress> {
  if (io.isTerminal) return progressBar();
  return verbose ? progressLines(io.err) : silent;
}

async function progressBar(): Promise<ReplicateProgress> {
  const { SingleBar } = (await import("cli-progress")).default as unknown as typeof import("cli-progress");
  const bar = new SingleBar({
    format: "{bar} {percentage} % | {value} of {total} replicates | {eta_formatted} left",
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
  });
  let isStarted = false;
  return {
    update: (done, of) => {
      if (isStarted) bar.update(done);
      else bar.start(of, done);
      isStarted = true;
    },
    stop: () => {
      if (isStarted) bar.stop();
    },
  };
}

/** A line at each tenth. */
function progressLines(err: (text: string) => void): ReplicateProgress {
  let shown = 0;
  return {
    update: (done, of) => {
      const tenth = Math.floor((10 * done) / of);
      if (tenth > shown) err(`${done} of ${of} replicates\n`);
      shown = Math.max(shown, tenth);
    },
    stop: () => {},
  };
}
