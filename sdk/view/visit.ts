/** A view's place in the visitor's history; contract 4 says what the numbers count. */
export interface Visit {
  _contextId: string;
  _sessionId: string;
  _number: number;
  _sessionNumber: number;
  _sessionViewNumber: number;
  _sessionAt: number;
}
