# Makes beat-the-blues.csv from the data set BtheB of the R package HSAUR3.
# Run in this folder: Rscript make.R
library(HSAUR3)
data("BtheB", package = "HSAUR3")

months <- c(2, 3, 5, 8)
outcomes <- paste0("bdi.", months, "m")
n <- nrow(BtheB)
rows <- rep(seq_len(n), each = length(months))
long <- data.frame(
  participant = rows,
  drug = BtheB$drug[rows],
  duration = c("<6m" = "under_6m", ">6m" = "over_6m")[as.character(BtheB$length)][rows],
  treatment = BtheB$treatment[rows],
  bdi_pre = BtheB$bdi.pre[rows],
  month = rep(months, n),
  bdi = as.vector(t(BtheB[, outcomes]))
)
write.csv(long, "beat-the-blues.csv", row.names = FALSE, quote = FALSE, na = "")
cat("HSAUR3", as.character(packageVersion("HSAUR3")), R.version.string, "\n")
