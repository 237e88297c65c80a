/** Time as the core sees it: a number handed in with every input. Nothing in the pure folders reads a clock. */
export type Milliseconds = number;
