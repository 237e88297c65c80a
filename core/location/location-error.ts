/** The file or the server of the location store cannot be used: the operator's machines, not a peer, are at fault. */
export class LocationError extends Error {
	override readonly name = "LocationError";
	readonly code: "LOCATION_AWAY" | "LOCATION_CORRUPT" | "LOCATION_NEWER" | "LOCATION_UNWRITABLE";
	/** Its path; the server's host and port. */
	readonly file: string;
	/** Without file and fix. */
	readonly reason: string;
	/** What the operator can do about it. */
	readonly fix: string;

	constructor(code: LocationError["code"], file: string, reason: string, cause?: unknown) {
		super(`${file}: ${reason}; ${FIXES[code]}`, { cause });
		this.code = code;
		this.file = file;
		this.reason = reason;
		this.fix = FIXES[code];
	}
}

const FIXES: Record<LocationError["code"], string> = {
	LOCATION_AWAY: "see that Redis runs there, takes the user and password, and has memory left",
	LOCATION_CORRUPT:
		"it is kept as .damaged beside a new one, and devices come back as they register",
	LOCATION_NEWER: "start the version that wrote it, or move the file away",
	LOCATION_UNWRITABLE:
		"see that the folder exists, has space left and may be written by this user, or set location: { store: memory }",
};
