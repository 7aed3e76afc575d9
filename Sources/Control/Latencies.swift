import Checks
import Failover

/// How long the last probes of one indicator took, phase by phase: kept small, for there may be a hundred thousand.
struct Latencies: Sendable {
    /// How many probes are kept, of 12 octets each, or 16 with names and TLS; at an interval of 10 s, the last 8 minutes.
    static let capacity = 48

    /// Milliseconds, to three digits; negative for a phase that was not reached.
    private struct Sample {
        /// Tenths of a second since `origin`.
        let at: UInt32
        let total, connect, firstByte: Float16
        let isSuccess: Bool
    }

    /// The phases that a plain connection to an address does not have.
    private struct Preparation {
        var resolve, tls: Float16
        static let absent = Preparation(resolve: -1, tls: -1)
    }

    /// The beginning of 2020, in seconds since 1970.
    private static let origin = 1_577_836_800.0
    /// How many more there is room for when there is none left.
    private static let growth = 8

    /// A ring: `next` is where the oldest is, once it is full.
    private var samples: [Sample] = []
    /// One for each sample, or none at all while there has been nothing to tell.
    private var preparations: [Preparation] = []
    private var next: UInt8 = 0

    mutating func record(_ result: ProbeResult, at instant: Instant) {
        func small(_ duration: Duration?) -> Float16 {
            duration.map { Float16(min($0.milliseconds, 65_000)) } ?? -1
        }
        let phases = result.phases
        let sample = Sample(
            at: UInt32(clamping: Int64((instant.seconds - Self.origin) * 10)), total: small(phases.total),
            connect: small(phases.connect), firstByte: small(phases.firstByte), isSuccess: result.isSuccess)
        let isPrepared = phases.resolve != nil || phases.tls != nil
        if preparations.isEmpty, isPrepared {
            preparations = [Preparation](repeating: .absent, count: samples.count)
        }
        let hasPreparations = isPrepared || !preparations.isEmpty
        let preparation = Preparation(resolve: small(phases.resolve), tls: small(phases.tls))
        if samples.count < Self.capacity {
            if samples.count == samples.capacity { samples.reserveCapacity(samples.count + Self.growth) }
            samples.append(sample)
            if hasPreparations { preparations.append(preparation) }
        } else {
            samples[Int(next)] = sample
            if hasPreparations { preparations[Int(next)] = preparation }
            next = (next + 1) % UInt8(Self.capacity)
        }
    }

    /// The oldest first; what was found is not kept.
    var reports: [ProbeReport] {
        func phase(_ small: Float16) -> Double? { small < 0 ? nil : Double(small) }
        return samples.indices.map { index in
            let place = (index + Int(next)) % samples.count
            let (sample, preparation) = (samples[place], preparations.isEmpty ? .absent : preparations[place])
            return ProbeReport(
                at: Self.origin + Double(sample.at) / 10, isSuccess: sample.isSuccess, reason: "",
                totalMilliseconds: Double(sample.total),
                resolveMilliseconds: phase(preparation.resolve), connectMilliseconds: phase(sample.connect),
                tlsMilliseconds: phase(preparation.tls), firstByteMilliseconds: phase(sample.firstByte))
        }
    }
}
