import Checks
import Failover

/// How long the last probes of one indicator took, phase by phase: kept small, for there may be tens of thousands.
struct Latencies: Sendable {
    /// How many probes are kept; at an interval of 10 s, the last 10 minutes.
    static let capacity = 60

    private struct Sample {
        let at: Double
        /// Milliseconds; negative for a phase that was not reached.
        let total, resolve, connect, tls, firstByte: Float
        let isSuccess: Bool
    }

    /// A ring: `next` is where the oldest is, once it is full.
    private var samples: [Sample] = []
    private var next = 0

    mutating func record(_ result: ProbeResult, at instant: Instant) {
        func small(_ duration: Duration?) -> Float { duration.map { Float($0.milliseconds) } ?? -1 }
        let phases = result.phases
        let sample = Sample(
            at: instant.seconds, total: small(phases.total), resolve: small(phases.resolve),
            connect: small(phases.connect), tls: small(phases.tls), firstByte: small(phases.firstByte),
            isSuccess: result.isSuccess)
        if samples.count < Self.capacity {
            samples.append(sample)
        } else {
            samples[next] = sample
            next = (next + 1) % Self.capacity
        }
    }

    /// The oldest first; what was found is not kept.
    var reports: [ProbeReport] {
        func phase(_ small: Float) -> Double? { small < 0 ? nil : Double(small) }
        return (samples[next...] + samples[..<next]).map { sample in
            ProbeReport(
                at: sample.at, isSuccess: sample.isSuccess, reason: "", totalMilliseconds: Double(sample.total),
                resolveMilliseconds: phase(sample.resolve), connectMilliseconds: phase(sample.connect),
                tlsMilliseconds: phase(sample.tls), firstByteMilliseconds: phase(sample.firstByte))
        }
    }
}
