/** How the store that several nodes share is doing: what `sipwright status` shows of it. */
export type SharedStoreStatus = {
	/** `redis.example.com:6379`. */
	readonly server: string;
	readonly connected: boolean;
	/** Devices with changes that the server has not taken yet. */
	readonly waiting: number;
	/** The others that were heard of; `present`: it says every few seconds that it is there. */
	readonly nodes: readonly { readonly name: string; readonly present: boolean }[];
};
