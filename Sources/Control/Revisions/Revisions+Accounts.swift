import Providers
import Secrets
import Settings

/// Accounts at providers, tried before they are configured.
extension Revisions {
    /// The account is read as it would be if it were configured, with what is wrong told in the same words; then it is
    /// asked.
    package func test(_ trial: AccountTrial) async throws(RevisionError) -> ProviderTest {
        var value = trial.value
        // What is not kept yet has a place for as long as the trial takes.
        for argument in trial.secrets.keys.sorted() { value[argument] = .text("store:\(argument)") }
        let wanted = try candidate(for: .entry(.providers, name: trial.name, value))
        let (settings, _) = try await read(wanted)
        guard var account = settings.providers.first(where: { $0.name == trial.name }) else {
            throw .noSuchEntry(.providers, trial.name)
        }
        // What is typed is known to whoever tries it.
        let journeys = SecretHomes.journeys(of: account).filter { trial.secrets[$0.argument] == nil }
        try refuseStrangeJourneys(journeys, of: settings, fresh: [])
        do {
            account.provider = try account.provider(with: trial.secrets, of: settings)
        } catch {
            throw .invalid([])
        }
        return await Control.test(account, asking: trial.asking)
    }
}
