/** Why a REGISTER is refused: RFC 3261 §10.3. Never a 6xx. */
export type Refusal = {
	readonly status: 400 | 403 | 404 | 420 | 423 | 439 | 500 | 513;
	/** The reason phrase: it tells whoever reads the phone's log what to change. */
	readonly reason: string;
	readonly headers?: readonly (readonly [string, string])[];
};

export function isRefusal(value: object): value is Refusal {
	return "status" in value;
}
