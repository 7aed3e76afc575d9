import Checks
import Failover

/// How long the last probes of one indicator took, phase by phase: kept small, for there may be tens of thousands.
struct Latencies: Sendable {
    /// How many probes are kept, of 16 octets each; at an interval of 10 s, the last 8 minutes.
    static let capacity = 48

    private struct Sample {
        /// Tenths of a second since `origin`.
        let at: UInt32
        /// Milliseconds, to three digits; negative for a phase that was not reached.
        let total, resolve, connect, tls, firstByte: Float16
        let isSuccess: Bool
    }

    /// The beginning of 2020, in seconds since 1970.
    private static let origin = 1_577_836_800.0

    /// A ring: `next` is where the oldest is, once it is full.
    private var samples: [Sample] = []
    private var next = 0

    mutating func record(_ result: ProbeResult, at instant: Instant) {
        func small(_ duration: Duration?) -> Float16 {
            duration.map { Float16(min($0.milliseconds, 65_000)) } ?? -1
        }
        let phases = result.phases
        let sample = Sample(
            at: UInt32(clamping: Int64((instant.seconds - Self.origin) * 10)), total: small(phases.total),
            resolve: small(phases.resolve),
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
        func phase(_ small: Float16) -> Double? { small < 0 ? nil : Double(small) }
        return (samples[next...] + samples[..<next]).map { sample in
            ProbeReport(
                at: Self.origin + Double(sample.at) / 10, isSuccess: sample.isSuccess, reason: "",
                totalMilliseconds: Double(sample.total),
                resolveMilliseconds: phase(sample.resolve), connectMilliseconds: phase(sample.connect),
                tlsMilliseconds: phase(sample.tls), firstByteMilliseconds: phase(sample.firstByte))
        }
    }
}
