/// The HTTP statuses that count as ok: `200`, `200-399`, `200, 204, 300-399`.
struct StatusSet: Hashable, Sendable {
    private let ranges: [ClosedRange<Int>]

    enum Fault: ArgumentFault {
        case notAStatus(String)
        case backwards(String)

        var problem: String {
            switch self {
            case .notAStatus(let part): "has \"\(part)\", which is not an HTTP status (100 to 599)"
            case .backwards(let part): "has \"\(part)\", which ends before it begins"
            }
        }
    }

    static let form = "200, or 200-399, or a list such as 200,204,300-399"

    init(_ text: String) throws(Fault) {
        var ranges: [ClosedRange<Int>] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let written = part.filter { $0 != " " }
            let ends = written.split(separator: "-", omittingEmptySubsequences: false).map { Self.status($0) }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1] else {
                throw .notAStatus(written)
            }
            guard first <= last else { throw .backwards(written) }
            ranges.append(first...last)
        }
        self.ranges = ranges
    }

    private init(ranges: [ClosedRange<Int>]) { self.ranges = ranges }

    /// 200 and nothing else.
    static let ok = StatusSet(ranges: [200...200])

    func contains(_ status: Int) -> Bool { ranges.contains { $0.contains(status) } }

    private static func status(_ text: Substring) -> Int? {
        guard text.utf8.count == 3, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let status = Int(text),
            (100...599).contains(status)
        else { return nil }
        return status
    }
}

extension StatusSet: CustomStringConvertible {
    var description: String {
        ranges.map { $0.lowerBound == $0.upperBound ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ", ")
    }
}
