import Secrets

/// A secret that cannot be read is `refused(.credentials)`.
extension SecretPlace {
    /// A secret of one line; blanks and line ends around it do not count.
    func read() throws(ProviderError) -> Secret {
        do { return try line() } catch { throw ProviderError(error) }
    }

    /// A secret of several lines, such as a key's file.
    func readDocument() throws(ProviderError) -> Secret {
        do { return try document() } catch { throw ProviderError(error) }
    }
}

extension ProviderError {
    fileprivate init(_ fault: SecretFault) { self = .refused(.credentials, words: "\(fault)") }
}
