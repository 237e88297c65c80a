/** The users of the benchmark of connections: each of those who stay has one, those who leave share few. */

/** As many stay before it is measured, and as many more are measured. */
export const CONNECTIONS = 1_000;
/** Connections that are being opened at the same time. */
const AT_ONCE = 20;

export const STAYING: readonly string[] = named(2 * CONNECTIONS, 1_000_000);
export const LEAVING: readonly string[] = named(AT_ONCE, 3_000_000);

export function named(count: number, first: number): string[] {
	return Array.from({ length: count }, (_, index) => `${first + index}`);
}
