import { expect } from 'chai';
import { allowanceOf } from '../../../../operator/config/index.ts';

const GENERAL = {
  reviewers: { allowedOrigins: ['https://llm.example.com'] },
  gitHub: { allowedRepositories: ['acme/*'] },
};

describe('what the analyses of a namespace may reach', () => {
  it('is the general lists where no entry names the namespace', () => {
    const config = { ...GENERAL, allowances: [{ namespaces: ['other'], repositories: [] }] };
    expect(allowanceOf(config, 'shop')).to.deep.equal({
      reviewerOrigins: ['https://llm.example.com'],
      repositories: ['acme/*'],
    });
  });

  it('is every repository that the token reaches, and no further origin, where no list is set', () => {
    expect(allowanceOf({}, 'shop')).to.deep.equal({ reviewerOrigins: [] });
  });

  it('is what the first entry for the namespace says, list by list', () => {
    const allowances = [
      { namespaces: ['shop', 'payments'], repositories: ['acme/shop'] },
      { namespaces: ['shop'], reviewerOrigins: [], repositories: ['acme/other'] },
    ];
    expect(allowanceOf({ ...GENERAL, allowances }, 'shop')).to.deep.equal({
      reviewerOrigins: ['https://llm.example.com'],
      repositories: ['acme/shop'],
    });
  });

  it('is nothing where the list is empty', () => {
    const allowances = [{ namespaces: ['shop'], reviewerOrigins: [], repositories: [] }];
    expect(allowanceOf({ ...GENERAL, allowances }, 'shop')).to.deep.equal({
      reviewerOrigins: [],
      repositories: [],
    });
  });
});
