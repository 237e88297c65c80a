/** The two URI schemes a leg can have: RFC 3261 §19.1. */
export type Scheme = "sip" | "sips";
