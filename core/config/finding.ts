/** What is wrong with, or worth knowing about, a configuration: the errors `CONFIG_*` of docs/reference/errors.md. */

export type ConfigCode =
	| "CONFIG_ADMIN_ADDRESS"
	| "CONFIG_ADVERTISE"
	| "CONFIG_CERTIFICATE"
	| "CONFIG_COMBINATION"
	| "CONFIG_CONTACT"
	| "CONFIG_DEVELOPMENT_CERTIFICATE"
	| "CONFIG_DUPLICATE"
	| "CONFIG_EMPTY"
	| "CONFIG_FETCH_CLEAR"
	| "CONFIG_FILE"
	| "CONFIG_INCONSISTENT"
	| "CONFIG_NOT_YET"
	| "CONFIG_NO_EFFECT"
	| "CONFIG_OUTBOUND_PROXY"
	| "CONFIG_REDIS_CLEAR"
	| "CONFIG_REQUIRED"
	| "CONFIG_SCHEMES_APART"
	| "CONFIG_SIPS_DEVICE_TYPE"
	| "CONFIG_SIPS_OUTBOUND_PROXY"
	| "CONFIG_TRUSTS_ALL"
	| "CONFIG_TRUSTS_BALANCER"
	| "CONFIG_TRUSTS_PAGES"
	| "CONFIG_TYPE"
	| "CONFIG_UNKNOWN_KEY"
	| "CONFIG_UNREACHABLE"
	| "CONFIG_UNUSED"
	| "CONFIG_VALUE"
	| "CONFIG_YAML";

/** Lines and columns count from 1, as editors do. `file` is absolute. */
export type Place = { readonly file: string; readonly line: number; readonly column: number };

/** An error keeps the configuration from being used; a warning and a note do not. */
export type Level = "error" | "warning" | "note";

export type Finding = Place & {
	readonly level: Level;
	readonly code: ConfigCode;
	/** The device it is about; the message names it too. */
	readonly device: string | undefined;
	readonly message: string;
	/** What to write instead: every error has one. */
	readonly fix: string | undefined;
};

/** What one part of the reading says, before it is known where and about whom. */
export type Complaint = {
	readonly code: ConfigCode;
	readonly message: string;
	readonly fix: string | undefined;
};

/** Collects findings, so that all of them are reported and not only the first. */
export class Findings {
	readonly #list: Finding[];
	readonly #device: string | undefined;
	readonly #subject: string;

	constructor(list: Finding[] = [], device?: string, subject = "") {
		this.#list = list;
		this.#device = device;
		this.#subject = subject;
	}

	/** A view of the same list for what concerns one device. */
	about(device: string): Findings {
		return new Findings(this.#list, device, `device ${device}: `);
	}

	/** As `about`, for one user. */
	aboutUser(name: string): Findings {
		return new Findings(this.#list, undefined, `user ${name}: `);
	}

	error(place: Place, complaint: Complaint & { readonly fix: string }): void {
		this.#add("error", place, complaint);
	}

	warn(place: Place, complaint: Complaint): void {
		this.#add("warning", place, complaint);
	}

	note(place: Place, complaint: Complaint): void {
		this.#add("note", place, complaint);
	}

	/** In the order of the file. */
	sorted(): Finding[] {
		return this.#list.toSorted(
			(a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column,
		);
	}

	#add(level: Level, place: Place, { code, message, fix }: Complaint): void {
		const device = this.#device;
		const { file, line, column } = place;
		const text = this.#subject + message;
		this.#list.push({ level, code, file, line, column, device, message: text, fix });
	}
}

function compare(a: string, b: string): number {
	if (a === b) return 0;
	return a < b ? -1 : 1;
}
