/** Replaces: RFC 3891 §6.1. Which dialog a new INVITE takes the place of. */

export type Replaces = {
	readonly callId: string;
	readonly toTag: string | undefined;
	readonly fromTag: string | undefined;
};

/** Undefined where there is no Call-ID. A Call-ID holds no semicolon, and tags are tokens. */
export function parseReplaces(value: string): Replaces | undefined {
	const [callId = "", ...params] = value.split(";").map((part) => part.trim());
	if (callId === "") return undefined;
	const tag = (name: string) => {
		const param = params.find((one) => one.toLowerCase().startsWith(`${name}=`));
		return param?.slice(name.length + 1);
	};
	return { callId, toTag: tag("to-tag"), fromTag: tag("from-tag") };
}
