# The data of the case: 10 units of 4 therapists (2 of each arm) of 4 clients, simulated.
make_trial <- function(seed) {
  set.seed(seed)
  units <- data.frame(unit = sprintf("u%02d", 1:10), fidelity = round(rnorm(10, 60, 12)))
  level <- rnorm(10, 0, 1.5); own_effect <- rnorm(10, 0, 1.8)
  clients <- expand.grid(k = 1:4, t = 1:4, u = 1:10)
  n <- nrow(clients)
  clients$client <- sprintf("c%03d", seq_len(n)); clients$unit <- units$unit[clients$u]
  clients$therapist <- sprintf("%s-t%d", clients$unit, clients$t)
  clients$arm <- ifelse(clients$t <= 2, "TAU", "FIT"); fit <- as.integer(clients$arm == "FIT")
  clients$arm_received <- ifelse(runif(n) < 0.06, ifelse(fit == 1, "TAU", "FIT"), clients$arm)
  clients$age <- round(rnorm(n, 38, 11)); clients$sex <- ifelse(runif(n) < 0.55, "kvinna", "man")
  therapist <- rnorm(40, 0, 1.4)[(clients$u - 1) * 4 + clients$t]
  person <- rnorm(n, 0, 3); start <- round(18 + person + rnorm(n, 0, 4), 1)
  dropout <- rexp(n, 0.0022 * exp(-0.4 * fit + 0.02 * (clients$age - 38))); planned <- rexp(n, 0.0015)
  last <- pmin(dropout, planned, 365)
  clients$days <- round(last, 1)
  clients$ending <- ifelse(last == 365, "pågår", ifelse(dropout < planned, "avbrott", "planerat"))
  held <- ifelse(fit == 1, 2 + rpois(n, clients$days / 45), 0)
  at <- function(month, gain, effect) {
    ors <- gain + 0.5 * (start - 18) + level[clients$u] + therapist + 0.6 * person + 0.03 * (clients$age - 38) +
      fit * (effect + own_effect[clients$u] + 0.05 * (units$fidelity[clients$u] - 60) + (clients$sex == "kvinna")) + rnorm(n, 0, 3)
    ors <- round(pmin(40, pmax(0, ors)), 1)
    ors[runif(n) < plogis(-1.6 + 0.03 * (month - 3) - 0.04 * (start - 18) - 0.2 * fit)] <- NA
    data.frame(client = clients$client, month = month, ors = ors)
  }
  visits <- rbind(data.frame(client = clients$client, month = 0, ors = start), at(3, 20, 1), at(6, 21, 1.5), at(12, 22, 2))
  visits <- visits[order(visits$client, visits$month), ]
  alliance <- rnorm(n, 0, 2); trend <- rnorm(n, 0, 0.35)
  sessions <- do.call(rbind, lapply(which(held > 0), function(i) data.frame(client = clients$client[i], session = seq_len(held[i]),
    srs = round(pmin(40, 30 + 0.8 * level[clients$u[i]] + therapist[i] + alliance[i] + (0.25 + trend[i]) * seq_len(held[i]) + rnorm(held[i], 0, 1.2)), 1))))
  list(units = units, clients = clients[c("client", "unit", "therapist", "arm", "arm_received", "age", "sex", "days", "ending")],
       visits = visits, sessions = sessions)
}
