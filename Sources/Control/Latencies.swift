import Checks
import Failover

/// How long the last probes of one indicator took, phase by phase: kept small, for there may be a hundred thousand.
struct Latencies: Sendable {
    /// How many probes are kept, of 10 octets each, or 14 with names and TLS; at an interval of 10 s, the last 8 minutes.
    static let capacity = 48

    /// Milliseconds, to three digits; negative for a phase that was not reached.
    private struct Sample {
        /// Tenths of a second since `origin`, in halves, so that no octet is left unused.
        private let upper, lower: UInt16
        /// Below zero for a failure.
        private let signedTotal: Float16
        let connect, firstByte: Float16

        init(at: UInt32, isSuccess: Bool, total: Float16, connect: Float16, firstByte: Float16) {
            (upper, lower) = (UInt16(at >> 16), UInt16(truncatingIfNeeded: at))
            signedTotal = isSuccess ? total : -total
            (self.connect, self.firstByte) = (connect, firstByte)
        }

        var at: UInt32 { UInt32(upper) << 16 | UInt32(lower) }
        var isSuccess: Bool { signedTotal.sign == .plus }
        var total: Float16 { abs(signedTotal) }
    }

    /// The phases that a plain connection to an address does not have.
    private struct Preparation {
        var resolve, tls: Float16
        static let absent = Preparation(resolve: -1, tls: -1)
    }

    /// The beginning of 2020, in seconds since 1970.
    private static let origin = 1_577_836_800.0

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
            at: UInt32(clamping: Int64((instant.seconds - Self.origin) * 10)), isSuccess: result.isSuccess,
            total: small(phases.total), connect: small(phases.connect), firstByte: small(phases.firstByte))
        let isPrepared = phases.resolve != nil || phases.tls != nil
        if preparations.isEmpty, isPrepared {
            preparations = [Preparation](repeating: .absent, count: samples.count)
        }
        let hasPreparations = isPrepared || !preparations.isEmpty
        let preparation = Preparation(resolve: small(phases.resolve), tls: small(phases.tls))
        if samples.count < Self.capacity {
            makeRoom(in: &samples)
            samples.append(sample)
            guard hasPreparations else { return }
            makeRoom(in: &preparations)
            preparations.append(preparation)
        } else {
            samples[Int(next)] = sample
            if hasPreparations { preparations[Int(next)] = preparation }
            next = (next + 1) % UInt8(Self.capacity)
        }
    }

    /// For all at once: what grows leaves gaps behind.
    private func makeRoom<Element>(in array: inout [Element]) {
        if array.count == array.capacity { array.reserveCapacity(Self.capacity) }
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
