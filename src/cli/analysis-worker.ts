/** A thread that takes its share of a plan's analyses (run-side-by-side.ts). It has the plan and its data from the start. */
import { parentPort, workerData } from "node:worker_threads";
import { type AnalysisWorkerInput, type AnalysisWorkerMessage, takeParts } from "./run-side-by-side.js";

const tell = (message: AnalysisWorkerMessage): void => parentPort!.postMessage(message);

tell({ analysed: takeParts(workerData as AnalysisWorkerInput, (id) => tell({ begun: id })) });
