# Reference values for three correlated random effects per level. Run in this folder: Rscript make.R
source("../reference.R")

data <- with(nlme::Machines, data.frame(score, machine = Machine, worker = factor(as.character(Worker))))
# Unbalanced: the third of three replications is lost for the first two workers on machine B.
data$kept <- ifelse(data$worker %in% c("1", "2") & data$machine == "B" & ave(seq_len(nrow(data)), data$worker, data$machine, FUN = seq_along) == 3, NA, data$score)

nested <- fit_mixed(score ~ machine + (1 | worker / machine), data)
full <- fit_mixed(score ~ machine + (0 + machine | worker), data)
slopes <- fit_mixed(kept ~ machine + (machine | worker), data)
tests <- function(fit) list(machine = rows_for(fit$model, "^machine"))
named <- function(record) { # lme4 calls the columns of (0 + machine | worker) machineA, ...
  rename <- function(x) { for (m in c("A", "B", "C")) x <- gsub(paste0("machine", m), paste0("machine[", m, "]"), x, fixed = TRUE); x }
  names(record$sd) <- rename(names(record$sd)); if (length(record$cor)) names(record$cor) <- rename(names(record$cor))
  record
}
write_case(
  "Machines: productivity of six workers on three machines; a 3 by 3 covariance over workers",
  "nlme::Machines (Milliken & Johnson 1992, p. 285)",
  data, "worker",
  list(
    mixed_record("nested", "score ~ machine + (1 | worker / machine)", nested, data, hypotheses = tests(nested)),
    named(mixed_record("machine-effects", "score ~ machine + (0 + machine | worker)", full, data, hypotheses = tests(full))),
    named(mixed_record("unbalanced", "kept ~ machine + (machine | worker)", slopes, data, hypotheses = tests(slopes)))
  )
)
