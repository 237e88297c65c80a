/** Which web pages may open a WebSocket: RFC 6455 §10.2, RFC 6454. Origins as browsers write them. */

/** Whether it is in the list: as it stands, below `https://*.example.com`, or with `*` in any case. */
export function admitsOrigin(origin: string, list: readonly string[]): boolean {
	const written = origin.toLowerCase();
	return list.some((one) => {
		if (one === "*" || one === written) return true;
		const star = one.indexOf("://*.");
		if (star === -1) return false;
		const [scheme, rest] = [one.slice(0, star + 3), one.slice(star + 4)];
		return written.startsWith(scheme) && written.endsWith(rest);
	});
}

/** A page that we, or a host of our name, sent over https; or one of the machine that the browser runs on. */
export function isOwnOrigin(origin: string, ownsHost: (host: string) => boolean): boolean {
	if (!URL.canParse(origin)) return false;
	const { protocol, hostname } = new URL(origin);
	if (!ownsHost(hostname)) return false;
	return protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
}

function isLoopback(host: string): boolean {
	return host === "localhost" || host === "[::1]" || host.startsWith("127.");
}
