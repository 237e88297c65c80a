/** Headers of version 2 of the PROXY protocol, for tests: one character per octet. */

export const SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";

export function binary(
	versionAndCommand: number,
	familyAndProtocol: number,
	rest: readonly number[],
): string {
	const fixed = [versionAndCommand, familyAndProtocol, rest.length >> 8, rest.length & 255];
	return SIGNATURE + String.fromCharCode(...fixed, ...rest);
}
