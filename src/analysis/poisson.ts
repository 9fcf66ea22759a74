/** `model: poisson`. */
import type { PoissonAnalysis } from "../plan/plan.js";
import { generalisedLinearAnalysis } from "./generalised-linear.js";

export const poissonAnalysis = generalisedLinearAnalysis<PoissonAnalysis>("poisson", "Poisson regression");
