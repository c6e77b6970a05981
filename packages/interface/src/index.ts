/**
 * @packageDocumentation
 *
 * The contracts through which the packages of Peerwright meet: types only, no behaviour. Who makes what, and who uses it,
 * stands in ARCHITECTURE.md.
 */
export type { Admission, Decision, FrameDecision } from './admission.ts'
export type { AsLookup } from './as-lookup.ts'
export type { Candidate, CandidateSource } from './candidate-source.ts'
export type {
  BlockHeader, BlockId, BlockRef, BlockVerdict, Chain, ChainObserver, ChainPoint, HeaderCodec, HeadersVerdict
} from './chain.ts'
export type { ChannelFacts } from './channel-facts.ts'
export type { Goodbye, GoodbyeCode } from './goodbye.ts'
export type { CertifiedPeer, Signer, Verifier } from './identity.ts'
export type {
  BulkEnd, BulkReply, ConnectionClass, ConnectOptions, LiveHandler, MessageOwner, Network, NetworkObserver, PeerIdText,
  PeerSession, PeerTarget, RemoteVersion, RequestAnswer, RequestHandler, RequestOptions, SessionEnd, VersionNonces
} from './network.ts'
export type { PeerFacts, PeerTip } from './peer-facts.ts'
export type { PortClaim } from './port-claim.ts'
export type {
  Migration, Registration, RegistryChange, RegistryEntry, Registry, RegisteredNodeType, Revocation, RevocationReason
} from './registry.ts'
export type { Observation, ScoreAction, ScoreEntry, ScoreExplanation, ScoreSink, ScoreView } from './scores.ts'
export type { SlotDecision, SlotHolder, SlotPolicy } from './slot-policy.ts'
