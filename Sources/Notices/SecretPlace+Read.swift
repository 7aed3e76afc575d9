import Secrets

extension SecretPlace {
    /// Where else than in the configuration.
    static let forms = "env:NAME, file:PATH or store:NAME"
    /// Stands in until the complaint that nothing was written is made.
    static let missing = SecretPlace.written(Secret(""))

    /// True if the secret itself was written.
    var isWritten: Bool { if case .written = self { true } else { false } }

    /// The secret, for the one place where it is used: one line, never empty.
    func read() throws(DeliveryError) -> Secret {
        do { return try line() } catch { throw .unavailable("\(error)") }
    }
}
