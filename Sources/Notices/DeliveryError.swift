/// Why a notice did not arrive. The words hold no secret.
package enum DeliveryError: Error, Hashable, Sendable {
    /// The channel cannot be reached, or takes nothing at the moment; it may ask for patience.
    case unavailable(String, retryAfter: Duration? = nil)
    /// The channel does not take this letter.
    case refused(String)
}

extension DeliveryError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unavailable(let words, _), .refused(let words): words
        }
    }
}

/// A text on one line, without control characters, at most 300 letters.
func oneLine(_ text: String) -> String {
    var line = ""
    for (index, scalar) in text.unicodeScalars.enumerated() {
        guard index < 300 else { return line + "…" }
        line.unicodeScalars.append(scalar.properties.generalCategory == .control ? " " : scalar)
    }
    return line
}
