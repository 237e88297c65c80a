/** Text as the value of a URI parameter: RFC 3261 §25.1 `pvalue`. */

/** Whatever may not stand there is escaped; tags should be tokens and instance-ids URNs, and some are neither. */
export function escapeParam(text: string): string {
	return text.replaceAll(NO_PVALUE, (octet) => `%${hex(octet.charCodeAt(0))}`);
}

function hex(code: number): string {
	return code.toString(16).toUpperCase().padStart(2, "0");
}

const NO_PVALUE = /[^A-Za-z0-9\-_.!~*'()[\]/:&+$]/g;
