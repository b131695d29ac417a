import { createLogUpdate } from "log-update";
import { printJson, printResult, terminalWidth } from "../output.ts";
import type { Target, TargetOptions } from "../place.ts";
import { Interrupt } from "../progress.ts";
import { type Sample, takeSample } from "../sample.ts";
import { openTarget } from "../target.ts";
import { onQuit, pause } from "../terminal.ts";
import { renderSample } from "./stats-screen.ts";

export interface StatsFlags extends TargetOptions {
  readonly watch?: boolean;
  readonly interval: number;
  readonly times?: number;
}

/** Tells once how the queues are, or again and again. */
export async function showStats(flags: StatsFlags): Promise<void> {
  const target = await openTarget(flags);
  if (flags.watch === true) return watch(target, flags);
  const sample = await takeSample(target.client, Date.now());
  printResult(flags, sample, () => renderSample(sample, target.place, terminalWidth()));
}

/** A live screen where there is a terminal, else lines of JSON; ends by q, Ctrl-C, or after so many looks. */
async function watch(target: Target, flags: StatsFlags): Promise<void> {
  using interrupt = new Interrupt();
  const stopping = new AbortController();
  const signal = AbortSignal.any([interrupt.signal, stopping.signal]);
  const isLive = flags.json !== true && process.stdout.isTTY === true;
  const screen = isLive ? openScreen(target.place) : null;
  const unlisten = isLive ? onQuit(() => stopping.abort()) : () => {};
  try {
    for (let look = 1; !signal.aborted; look++) {
      await takeLook(target, signal, screen);
      if (look === flags.times) break;
      await pause(flags.interval, signal);
    }
  } catch (error) {
    // It was asked to end in the middle of a look.
    if (!signal.aborted) throw error;
  } finally {
    unlisten();
    screen?.close();
  }
}

async function takeLook({ client }: Target, signal: AbortSignal, screen: Screen | null): Promise<void> {
  try {
    const sample = await takeSample(client, Date.now(), signal);
    if (screen === null) printJson(sample);
    else screen.show(sample);
  } catch (error) {
    // A screen that has something to show goes on showing it, and says why it is old.
    if (signal.aborted || screen === null || !screen.fail(error)) throw error;
  }
}

interface Screen {
  show(sample: Sample): void;
  /** @returns whether there is something to show meanwhile */
  fail(error: unknown): boolean;
  close(): void;
}

function openScreen(place: string): Screen {
  const log = createLogUpdate(process.stdout);
  let last: Sample | null = null;
  const draw = (note: string | null) => {
    if (last !== null)
      log(renderSample(last, place, terminalWidth(), note ?? "q or Ctrl-C ends", process.stdout.rows));
  };
  const onResize = () => draw(null);
  process.stdout.on("resize", onResize);
  return {
    show(sample) {
      last = sample;
      draw(null);
    },
    fail(error) {
      draw(error instanceof Error ? error.message : String(error));
      return last !== null;
    },
    close() {
      process.stdout.off("resize", onResize);
      log.done();
    },
  };
}
