import { expect } from 'chai';
import { CodedError } from '../../../../crds/errors.ts';
import {
  parseRepository,
  pullRequestIn,
  type RepositoryRules,
} from '../../../../operator/github/repository.ts';

function refusalOf(url: string, rules: RepositoryRules = {}): CodedError {
  try {
    parseRepository(url, rules);
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
  throw new Error(`${url} was accepted`);
}

describe('the URL of a repository', () => {
  for (const [url, rules, apiURL] of [
    ['https://github.com/acme/shop', {}, 'https://api.github.com'],
    ['https://github.com/acme/shop.git', {}, 'https://api.github.com'],
    ['https://www.github.com/acme/shop/', {}, 'https://api.github.com'],
    [
      'https://git.acme.example/acme/shop',
      { webURL: 'https://git.acme.example' },
      'https://git.acme.example/api/v3',
    ],
    ['https://acme.ghe.com/acme/shop', { webURL: 'https://acme.ghe.com' }, 'https://api.acme.ghe.com'],
    ['https://github.com/acme/shop', { apiURL: 'http://127.0.0.1:8/' }, 'http://127.0.0.1:8'],
    ['https://github.com/Acme/Shop', { allowedRepositories: ['acme/shop'] }, 'https://api.github.com'],
    ['https://github.com/acme/shop', { allowedRepositories: ['acme/*'] }, 'https://api.github.com'],
  ] as const) {
    it(`${url} with ${JSON.stringify(rules)} is served at ${apiURL}`, () => {
      const repository = parseRepository(url, rules);
      expect(repository.apiURL).to.equal(apiURL);
      expect(`${repository.owner}/${repository.name}`.toLowerCase()).to.equal('acme/shop');
    });
  }

  for (const [url, message] of [
    ['github.com/acme/shop', /does not parse as a URL/],
    ['git@github.com:acme/shop.git', /does not parse as a URL/],
    ['ssh://git@github.com/acme/shop', /is not an http or https URL/],
    ['https://user:secret@github.com/acme/shop', /holds user info; set GITHUB_TOKEN instead/],
    ['https://github.com/acme', /must name an owner and a repository/],
    ['https://github.com/acme/shop/tree/main', /must name an owner and a repository/],
    ['https://github.com/ac%2Fme/shop', /its owner is not/],
    ['https://github.com/acme/sh%20op', /its second part is not/],
  ] as const) {
    it(`${url} is refused, with what is wrong`, () => {
      const error = refusalOf(url);
      expect(error.code).to.equal('CONFIG_INVALID');
      expect(error.message).to.match(message).and.not.to.contain('secret');
    });
  }

  it('is refused on a host that the token does not belong to, naming the setting', () => {
    const error = refusalOf('https://evil.example/acme/shop');
    expect(error.code).to.equal('ORIGIN_FORBIDDEN');
    expect(error.message).to.contain('evil.example').and.contain('gitHub.webURL');
  });

  it('is refused where it is not allowed, naming the setting', () => {
    const error = refusalOf('https://github.com/acme/shop', {
      allowedRepositories: ['acme/shopping', 'acm/*'],
    });
    expect(error.code).to.equal('ORIGIN_FORBIDDEN');
    expect(error.message).to.contain('acme/shop').and.contain('gitHub.allowedRepositories');
  });
});

describe('the pull request that an agent names', () => {
  const REPOSITORY = 'https://github.com/acme/shop';
  for (const [repository, link, url] of [
    [REPOSITORY, `${REPOSITORY}/pull/7`, `${REPOSITORY}/pull/7`],
    [`${REPOSITORY}.git`, `${REPOSITORY}/pull/7/?w=1#files`, `${REPOSITORY}/pull/7`],
    ['https://www.github.com/acme/shop', `${REPOSITORY}/pull/7`, `${REPOSITORY}/pull/7`],
    ['http://github.com/acme/shop', 'https://www.github.com/acme/shop/pull/7', `${REPOSITORY}/pull/7`],
    [REPOSITORY, 'http://github.com/acme/shop/pull/7', `${REPOSITORY}/pull/7`],
    [
      'http://git.example:8443/a/b',
      'https://git.example:8443/a/b/pull/1',
      'https://git.example:8443/a/b/pull/1',
    ],
    [REPOSITORY, 'https://github.com/acme/other/pull/7', undefined],
    [REPOSITORY, 'https://www.evil.example/acme/shop/pull/7', undefined],
    [REPOSITORY, 'https://github.com:8443/acme/shop/pull/7', undefined],
    [REPOSITORY, 'ftp://github.com/acme/shop/pull/7', undefined],
    [REPOSITORY, 'https://me:secret@github.com/acme/shop/pull/7', undefined],
    [REPOSITORY, 'https://github.com/acme/shop/pull/0', undefined],
    [REPOSITORY, 'https://github.com/acme/shop/pull/7/files', undefined],
  ] as const) {
    it(`${link} in ${repository} is ${url ?? 'none of it'}`, () => {
      expect(pullRequestIn(repository, link)).to.equal(url);
    });
  }
});
