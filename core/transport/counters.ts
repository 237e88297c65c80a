/** What went through the sockets since the start: read by metrics, never reset. */
export class TransportCounters {
	datagramsIn = 0;
	datagramsOut = 0;
	/** Keep-alives: only CR, LF, NUL and SP. */
	datagramsBlank = 0;
	/** The send queue was full. */
	datagramsDropped = 0;
	/** STUN Binding requests with a response, success or error; and what was STUN but deserved none. */
	stunAnswered = 0;
	stunDropped = 0;
	streamMessagesIn = 0;
	streamMessagesOut = 0;
	pings = 0;
	connectionsAccepted = 0;
	connectionsOpened = 0;
	connectionsClosed = 0;
	connectionsRefused = 0;
	/** Connections of a balancer that did not begin with a PROXY header. */
	proxyHeadersRefused = 0;
	/** Connections to a WebSocket listener that became none. */
	upgradesRefused = 0;
	connectionsEvicted = 0;
	/** Closed by a deadline or because the peer does not read. */
	connectionsTimedOut = 0;
	connectionsStalled = 0;
	handshakesFailed = 0;
	/** Streams that could not be followed any further. */
	framingErrors = 0;
	/** Malformed input that got no answer, because its source had had enough of them. */
	answersWithheld = 0;
	sendFailures = 0;
}
