/**
 * Writes bindings (RFC 3261 §10.3) into the location file, whatever has become of that: one that is damaged
 * is set aside for a new one, one that could not be written is opened anew the next time.
 */

import type { LocationError } from "./location-error.ts";
import { asLocationError, type DeviceText, LocationFile, setAside } from "./location-file.ts";

/** What came of one batch; it crosses from thread to thread. */
export type Written = {
	/** Nothing of the batch is written. */
	readonly failed?: Fault;
	/** The file was damaged: what it says now begins with this batch. */
	readonly damaged?: Fault;
	/** The file had nothing in it before this batch: devices that are not in the batch are missing. */
	readonly begun: boolean;
};
export type Fault = Pick<LocationError, "code" | "reason">;

export class LocationWriter {
	readonly #path: string;
	#file: LocationFile | undefined;
	#damaged: Fault | undefined;

	constructor(path: string) {
		this.#path = path;
	}

	write(devices: readonly DeviceText[]): Written {
		try {
			if (this.#file?.inPlace === false) this.close();
			const opened = this.#file === undefined;
			const damaged = this.#setAside();
			this.#file ??= new LocationFile(this.#path);
			const begun = opened && this.#file.empty;
			this.#file.write(devices);
			return { begun, ...(damaged && { damaged }) };
		} catch (error) {
			const fault = asLocationError(error, this.#path);
			const again = fault.code === "LOCATION_CORRUPT" && this.#damaged === undefined;
			this.close();
			if (fault.code === "LOCATION_CORRUPT") this.#damaged = faultOf(fault);
			return again ? this.write(devices) : { failed: faultOf(fault), begun: false };
		}
	}

	close(): void {
		this.#file?.close();
		this.#file = undefined;
	}

	#setAside(): Fault | undefined {
		const damaged = this.#damaged;
		if (damaged !== undefined) setAside(this.#path);
		this.#damaged = undefined;
		return damaged;
	}
}

function faultOf({ code, reason }: LocationError): Fault {
	return { code, reason };
}
