"""What permissions a request to an AWS API needs, and the words in which AWS refuses it.

Nothing here decides or serves. `requests` reads what a request asks for, `needs` says which actions
on which resources that takes, `refusals` writes the answer of a service that may not do it.
"""
