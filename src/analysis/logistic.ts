/** `model: logistic`. */
import type { LogisticAnalysis } from "../plan/plan.js";
import { generalisedLinearAnalysis } from "./generalised-linear.js";

export const logisticAnalysis = generalisedLinearAnalysis<LogisticAnalysis>("binomial", "logistic regression");
