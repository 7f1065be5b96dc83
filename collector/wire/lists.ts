/** Words of the wire that the console shows, too. They are separate from the schemas, which stay out of the browser. */
export const STATUSES = ["matched", "offline", "unmatched", "unusable"] as const;

export const SUMMARY_TYPES = [
  "ecBasketTransactionSummary",
  "trPackageTransactionSummary",
  "fiBasketTransactionSummary",
] as const;

/** The call's own fields that a vendor's rule may look at. */
export const RULE_FIELDS = [
  "source",
  "url",
  "context_id",
  "transaction.id",
  "type",
  "total.value",
  "total.currency",
  "duration_s",
  "answered",
  "dialled",
] as const;
